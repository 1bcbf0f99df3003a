"""What happens to a training crop: drawn masks, light, blur, noise."""

"""What happens when somebody stands at a door without a mask, or with one: rules, and where they tell it."""

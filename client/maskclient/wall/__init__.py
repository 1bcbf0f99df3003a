"""The wall: all cameras live on one page, for any number of viewers."""

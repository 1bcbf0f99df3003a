"""Many pictures at once: through a bucket whose function answers, or with all cores of this computer."""

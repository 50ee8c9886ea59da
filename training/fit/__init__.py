"""Training of the joint network: losses, steps, running means, learning curves."""

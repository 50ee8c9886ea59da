"""The yardstick for what scanners make: real noise, measured without a clean image."""

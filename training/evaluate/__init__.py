"""The tables: clouds, denoising, input check, cost, speed."""

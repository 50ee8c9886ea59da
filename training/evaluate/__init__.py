"""The evaluation's tables: clouds, denoising, input check, cost, speed."""

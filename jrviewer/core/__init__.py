"""What everybody needs: records, geometry, errors, packed images. Imports nothing of ours."""

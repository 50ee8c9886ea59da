"""What training draws from: volumes, views, noise, phantoms' slices, pools on disk."""

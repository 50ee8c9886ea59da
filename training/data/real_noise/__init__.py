"""Training pairs with noise as scanners make it: cleaned references and noise of real spectra."""

"""The joint network: weights in, a slice to its Prediction. torch lives here."""

"""The expression network: FER+ votes in, eight calibrated probabilities out of a 48x48 grey crop."""

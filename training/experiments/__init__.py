"""Questions beside the weights that ship: the paper's protocol, joint or sequential, dropout."""

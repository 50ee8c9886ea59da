"""The bars around the panes: tools, state, messages, first steps."""

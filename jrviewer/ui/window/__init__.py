"""The frame around the panes: layout, menus, messages, and the wires between views and state."""

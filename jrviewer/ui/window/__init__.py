"""The main window: layout, menus, messages, and the connections between views and state."""

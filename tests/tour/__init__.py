"""The whole window driven by a real mouse and a real keyboard, a picture of every state kept."""

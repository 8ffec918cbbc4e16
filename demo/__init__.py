"""The demo: acts as the app backend and as the app, from photos to avatars."""

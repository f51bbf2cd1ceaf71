"""What every part of the server uses. Imports no sibling package."""

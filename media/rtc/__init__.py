"""Live video over WebRTC: packets to frames, frames to pictures, and back."""

"""What the 3D picture shows and how VTK draws it. No Qt."""

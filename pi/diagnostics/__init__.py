"""Finding out what is wrong: doctor, aiming the camera, and a reading explained."""

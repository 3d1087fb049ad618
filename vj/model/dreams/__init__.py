"""The model families that follow a classifier's gradient: dreams, Gatys' style transfer, adversarial pictures."""

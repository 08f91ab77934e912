"""What people may choose: one declaration of every preference, and one resolver of the values that apply."""

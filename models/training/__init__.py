"""How Mien's own int8 networks are made: data, training, export, figures. Never installed on a device."""

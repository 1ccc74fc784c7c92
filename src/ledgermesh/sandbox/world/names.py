"""Names for people and firms. All are put together from common words; none is meant for anybody real."""

from __future__ import annotations

FIRST = (
    "Amelia", "Noah", "Priya", "Lukas", "Chloé", "Oliver", "Zoë", "Mateo", "Ingrid", "Jürg",
    "Fatima", "Callum", "Béatrice", "Henrik", "Sofia", "Tomás", "Yuki", "Marcel", "Aoife", "Stefan",
    "Łucja", "Daniel", "Renée", "Björn",
)  # fmt: skip

LAST = (
    "Ashdown", "Brönnimann", "Calderwood", "D'Arcy", "Eggenberg", "Fairweather", "Göttisheim",
    "Hawthorne", "Ibbotson", "Jaquemart", "Kirchhofer", "Lindqvist", "Møllerup", "Northcott",
    "O'Hallaran", "Pemberly", "Quillfeather", "Rosenquist", "Sørensby", "Thistlewood", "Underhill",
    "Vonlanthen", "Wyndmere", "Zurbrüggen",
)  # fmt: skip

FIRM = (
    "Amberfield", "Blue Heron", "Copper Kettle", "Driftwood", "Edelweiss", "Foxglove",
    "Granite Peak", "Heather Moor", "Iron Bridge", "Juniper", "Kingfisher", "Larkspur", "Millstone",
    "North Quay", "Old Lantern", "Pine Harbour", "Quince & Sage", "Red Gable", "Silver Birch",
    "Three Rivers", "Uplands", "Violet Hour", "Willow Bend", "Yarrow", "Zephyr", "Bright Anchor",
    "Clover Hill", "Dune Grass", "Evergreen", "Fernleigh", "Golden Sheaf", "Highwater", "Lindenhof",
    "Grüntal", "Morgenstern", "Belle Rive", "Sonnegg", "Wildbach", "Cherry Tree", "Stone Pier",
    "Almond Row", "Brackenfield", "Cobalt", "Dovetail", "Elder Grove", "Flint & Fern", "Goosefoot",
    "Hollybank", "Indigo", "Jasper Cove", "Kestrel", "Lighthouse", "Marigold", "Nettlecombe",
    "Oakapple", "Pebble Creek",
)  # fmt: skip

LONG_FIRM = (
    "The Worshipful and Most Ancient Society of Bakers, Brewers, Illustrators, Guides, Ferrymen and Allied "
    "Trades of the Upper and Lower Valleys, Incorporated for the Encouragement of Honest Work and the Relief "
    "of Its Members"
)
ODD_FIRM = "L'Étoile d'Or & Söhne «Zum Goldenen Löwen»"
EMOJI_MEMO = "Thank you! 🥐🎉 See you next season 🏔️"
TWO_LINE_MEMO = 'First line with a "quote"\nSecond line, with <angle brackets> & an ampersand'

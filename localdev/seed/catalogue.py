"""The demo catalogue: goods in the shop's ten categories."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Good:
    """A product of the demo shop; ``price`` in US cents, ``motif`` names its picture."""

    sku: str
    title: str
    description: str
    category: str
    price: int
    stock: int
    motif: str


def _category(name: str, *rows: tuple[str, str, int, int, str]) -> list[Good]:
    code = name[:3].upper()
    return [
        Good(f"DEMO-{code}-{number:02d}", title, description, name, price, stock, motif)
        for number, (title, description, price, stock, motif) in enumerate(rows, 1)
    ]


GOODS: list[Good] = [
    *_category(
        "electronics",
        ("Instant Camera Pop", "Prints what it sees, in a minute, on paper.", 8900, 40, "camera"),
        ("Pocket Projector", "A cinema for the tent: 100 inches from a palm.", 24900, 15, "box"),
        ("E-Paper Notebook", "Writes like paper, keeps a thousand pages.", 32900, 22, "tablet"),
        ("Desk Weather Station", "Rain in an hour? It knows, to the minute.", 5900, 60, "clock"),
    ),
    *_category(
        "computers",
        ("Feather 13 Laptop", "980 grams, a day and a half per charge.", 119900, 12, "laptop"),
        ("Studio 16 Laptop", "A colour-true screen and quiet fans.", 189900, 8, "laptop"),
        ("Cube Mini PC", "Silent, fanless, small as a lunch box.", 54900, 25, "box"),
        ("Arc 27 Monitor", "4K, one cable for picture and power.", 42900, 18, "monitor"),
        ("Woodline Keyboard", "Mechanical, in oiled walnut.", 14900, 35, "keyboard"),
    ),
    *_category(
        "audio",
        ("Cloud Headphones", "Noise out, music in, thirty hours.", 19900, 50, "headphones"),
        ("Studio Headphones", "Open, honest, with a replaceable cable.", 27900, 20, "headphones"),
        ("Brick Speaker", "Loud, waterproof, and floats.", 7900, 80, "speaker"),
        ("Shelf Speakers", "A pair in ash; plug in and listen.", 34900, 14, "speaker"),
        ("Pebble Earbuds", "Small enough to be forgotten.", 9900, 120, "earbuds"),
    ),
    *_category(
        "accessories",
        ("Braided Cable 2 m", "USB-C, 240 W, made to be bent.", 1900, 400, "cable"),
        ("Felt Sleeve 13", "Wool felt from one piece.", 3900, 90, "bag"),
        ("Travel Adapter", "One plug for 150 countries.", 2900, 150, "plug"),
        ("Daypack 20 L", "A pocket for everything, rain stays out.", 8900, 45, "bag"),
        ("Desk Mat", "Merino wool, keeps mouse and cup in place.", 4500, 70, "mat"),
    ),
    *_category(
        "gaming",
        ("Orbit Controller", "Sticks that do not drift, four back keys.", 6900, 75, "controller"),
        ("Arcade Stick", "Eight buttons and a ball top.", 12900, 16, "controller"),
        ("Retro Handheld", "Your old cartridges, a new screen.", 17900, 28, "handheld"),
        ("Feather Mouse", "49 grams, no holes.", 7900, 66, "mouse"),
    ),
    *_category(
        "mobile",
        ("Lark Phone", "Seven years of updates and a battery you can change.", 59900, 30, "phone"),
        ("Lark Phone Mini", "The same, for small hands.", 49900, 24, "phone"),
        ("Slate 11 Tablet", "For drawing, reading and the sofa.", 44900, 19, "tablet"),
        ("Power Bank 10", "Two full charges, thin as a phone.", 3900, 140, "box"),
        ("Grip Case", "Survives stairs; we tried.", 2500, 200, "phone"),
    ),
    *_category(
        "smart-home",
        ("Glow Lamp", "Wakes you slowly, dims you to sleep.", 5900, 55, "lamp"),
        ("Door Bell Cam", "See who is there, on your own server.", 12900, 33, "camera"),
        ("Heat Dial", "A thermostat with one knob.", 9900, 41, "clock"),
        ("Leak Sensor (3)", "Tells you before the neighbours do.", 4900, 85, "sensor"),
    ),
    *_category(
        "wearables",
        ("Trail Watch", "Maps, two weeks of battery, no subscription.", 29900, 27, "watch"),
        ("City Watch", "Looks like a watch; is one.", 19900, 38, "watch"),
        ("Sleep Ring", "Knows how you slept; keeps it to itself.", 24900, 21, "ring"),
        ("Step Band", "Counts steps for a year on one cell.", 2900, 110, "watch"),
    ),
    *_category(
        "storage",
        ("Pebble SSD 1 TB", "A thousand megabytes a second in a pocket.", 9900, 95, "drive"),
        ("Pebble SSD 4 TB", "Four times the pebble.", 29900, 31, "drive"),
        ("Home NAS Two", "Two bays, your photos at home.", 32900, 11, "nas"),
        ("Micro Card 512", "For cameras, consoles and drones.", 5900, 160, "card"),
    ),
    *_category(
        "other",
        ("Gift Card 50", "When you do not know their size.", 5000, 1000, "card"),
        ("Repair Kit", "32 bits, tweezers and a suction cup.", 3400, 88, "kit"),
        ("Cleaning Set", "For screens, lenses and conscience.", 1500, 210, "kit"),
        ("Popshop Mug", "Holds coffee. Scales to zero.", 1200, 5, "mug"),
    ),
]

"""What the world's companies sell, to whom, and what they buy."""

from __future__ import annotations

from msgspec import Struct


class Ware(Struct, frozen=True):
    """Something a company sells."""

    name: str
    price: str
    """In the company's home currency, decimal text."""
    unit: str
    """piece | hour | day | night"""
    service: bool
    category: str
    swiss_vat: str
    """Percent charged on it in Switzerland."""


class Trade(Struct, frozen=True):
    """A line of business."""

    wares: tuple[Ware, ...]
    customers: tuple[str, ...]
    """Second halves of customers' names."""
    suppliers: tuple[str, ...]
    """Second halves of suppliers' names."""


def _goods(name: str, price: str, unit: str, category: str, swiss_vat: str = "8.1") -> Ware:
    return Ware(name, price, unit, service=False, category=category, swiss_vat=swiss_vat)


def _service(name: str, price: str, unit: str, category: str, swiss_vat: str = "8.1") -> Ware:
    return Ware(name, price, unit, service=True, category=category, swiss_vat=swiss_vat)


_OFFICE = ("Office Supplies", "Energy", "Insurance Brokers", "Telecom", "Cleaning", "Accountants", "Software")

BAKERY = Trade(
    wares=(
        _goods("Sourdough loaf", "6.50", "piece", "Bread", "2.6"),
        _goods("Butter croissant", "2.75", "piece", "Pastry", "2.6"),
        _goods("Rye loaf, sliced", "5.90", "piece", "Bread", "2.6"),
        _goods("Maple walnut tart", "28.00", "piece", "Pastry", "2.6"),
        _goods("Case of dinner rolls (48)", "31.20", "piece", "Bread", "2.6"),
        _goods("Sandwich platter for ten", "89.95", "piece", "Catering"),
        _goods("Wedding cake, three tiers", "640.00", "piece", "Cakes"),
        _goods("Birthday cake", "54.50", "piece", "Cakes"),
        _goods("Granola, 500 g", "9.80", "piece", "Pantry", "2.6"),
        _goods("Coffee beans, 1 kg", "24.40", "piece", "Pantry", "2.6"),
        _service("Baking workshop", "75.00", "hour", "Workshops"),
        _service("Catering staff", "38.50", "hour", "Catering"),
        _service("Delivery within the city", "12.00", "piece", "Delivery"),
        _service("Oven hire", "110.00", "day", "Hire"),
    ),
    customers=(
        "Café",
        "Bistro",
        "Deli",
        "Grocers",
        "Inn",
        "Tea Room",
        "Catering",
        "Market",
        "Hotel",
        "School Kitchen",
    ),
    suppliers=("Flour Mills", "Dairy", "Packaging", "Fruit Growers", "Ovens", "Refrigeration", *_OFFICE),
)

STUDIO = Trade(
    wares=(
        _service("Logo design", "1450.00", "piece", "Branding"),
        _service("Brand guidelines", "2900.00", "piece", "Branding"),
        _service("Website design", "145.00", "hour", "Digital"),
        _service("Front-end development", "155.00", "hour", "Digital"),
        _service("Illustration", "120.00", "hour", "Illustration"),
        _service("Photo shoot", "1180.00", "day", "Photography"),
        _service("Hosting, one month", "39.90", "piece", "Digital"),
        _service("Copy editing", "98.50", "hour", "Editorial"),
        _goods("Poster print A1", "42.80", "piece", "Print"),
        _goods("Flyers A5, 500 pieces", "189.00", "piece", "Print"),
        _goods("Exhibition catalogue", "34.00", "piece", "Books", "2.6"),
        _goods("Art book, bound", "68.00", "piece", "Books", "2.6"),
        _goods("Exhibition stand", "3450.00", "piece", "Exhibition"),
        _service("Overnight stay on location", "165.00", "night", "Travel", "3.8"),
        _service("Rights abroad, one year", "800.00", "piece", "Licences", "0"),
    ),
    customers=(
        "Verlag",
        "Museum",
        "Brewery",
        "Outdoor",
        "Theatre",
        "Architects",
        "Foods",
        "Watches",
        "Ski School",
    ),
    suppliers=("Papier", "Printers", "Photo Hire", "Type Foundry", "Stands", "Couriers", *_OFFICE),
)

LEGAL = Trade(
    wares=(
        _service("Partner consultation", "420.00", "hour", "Advice"),
        _service("Associate work", "265.00", "hour", "Advice"),
        _service("Contract review", "950.00", "piece", "Contracts"),
        _service("Company formation", "1800.00", "piece", "Corporate"),
        _service("Trade mark filing", "1250.00", "piece", "Property"),
        _service("Court appearance", "2400.00", "day", "Litigation"),
        _service("Notarial certificate", "85.00", "piece", "Notary"),
        _service("Legal research", "190.00", "hour", "Advice"),
        _service("Sworn translation", "1.85", "piece", "Translation"),
        _service("Court fee, passed on", "350.00", "piece", "Expenses", "0"),
        _goods("Commented statute book", "129.00", "piece", "Books", "2.6"),
        _goods("Bound copies", "24.50", "piece", "Copies"),
        _service("Hearing, overnight stay", "210.00", "night", "Expenses", "3.8"),
    ),
    customers=(
        "Shipping",
        "Holdings",
        "Properties",
        "Trading",
        "Marine",
        "Foods",
        "Ventures",
        "Fisheries",
        "Estates",
    ),
    suppliers=("Chambers", "Law Books", "Translations", "Couriers", "Archives", "Search Agents", *_OFFICE),
)

TOURS = Trade(
    wares=(
        _service("Lakes and peaks, five days", "1290.00", "piece", "Tours"),
        _service("Old town walk", "24.00", "piece", "Tours"),
        _service("Mountain guide", "640.00", "day", "Guides"),
        _service("City guide", "85.00", "hour", "Guides"),
        _service("Coach hire", "980.00", "day", "Transport"),
        _service("Airport transfer", "68.50", "piece", "Transport"),
        _service("Panorama train, second class", "152.00", "piece", "Transport"),
        _service("Hotel, half board", "189.00", "night", "Hotels", "3.8"),
        _service("Mountain hut", "74.00", "night", "Hotels", "3.8"),
        _service("Ferry abroad", "46.20", "piece", "Transport", "0"),
        _goods("Museum pass", "35.00", "piece", "Passes"),
        _goods("Hiking map", "22.50", "piece", "Shop", "2.6"),
        _goods("Picnic hamper", "31.90", "piece", "Shop", "2.6"),
        _goods("Rain jacket", "119.00", "piece", "Shop"),
        _service("Snowshoe hire", "28.00", "day", "Hire"),
        _service("Cancellation cover", "49.00", "piece", "Cover", "0"),
    ),
    customers=(
        "Travel",
        "Holidays",
        "Alumni Club",
        "Incentives",
        "Academy",
        "Events",
        "Choir",
        "Sports Club",
        "Voyages",
    ),
    suppliers=("Coaches", "Hotel", "Ferries", "Guides", "Catering", "Outfitters", "Mountain Huts", *_OFFICE),
)

"""What the world's companies sell, to whom, and what they buy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ware:
    """Something a company sells."""

    name: str
    price: str
    """In the company's home currency, decimal text."""
    unit: str
    """piece | hour | day | night"""
    service: bool
    category: str
    swiss_vat: str = "8.1"
    """Percent charged on it in Switzerland."""


@dataclass(frozen=True)
class Trade:
    """A line of business."""

    wares: tuple[Ware, ...]
    customers: tuple[str, ...]
    """Second halves of customers' names."""
    suppliers: tuple[str, ...]
    """Second halves of suppliers' names."""


_OFFICE = ("Office Supplies", "Energy", "Insurance Brokers", "Telecom", "Cleaning", "Accountants", "Software")

BAKERY = Trade(
    wares=(
        Ware("Sourdough loaf", "6.50", "piece", False, "Bread", "2.6"),
        Ware("Butter croissant", "2.75", "piece", False, "Pastry", "2.6"),
        Ware("Rye loaf, sliced", "5.90", "piece", False, "Bread", "2.6"),
        Ware("Maple walnut tart", "28.00", "piece", False, "Pastry", "2.6"),
        Ware("Case of dinner rolls (48)", "31.20", "piece", False, "Bread", "2.6"),
        Ware("Sandwich platter for ten", "89.95", "piece", False, "Catering"),
        Ware("Wedding cake, three tiers", "640.00", "piece", False, "Cakes"),
        Ware("Birthday cake", "54.50", "piece", False, "Cakes"),
        Ware("Granola, 500 g", "9.80", "piece", False, "Pantry", "2.6"),
        Ware("Coffee beans, 1 kg", "24.40", "piece", False, "Pantry", "2.6"),
        Ware("Baking workshop", "75.00", "hour", True, "Workshops"),
        Ware("Catering staff", "38.50", "hour", True, "Catering"),
        Ware("Delivery within the city", "12.00", "piece", True, "Delivery"),
        Ware("Oven hire", "110.00", "day", True, "Hire"),
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
        Ware("Logo design", "1450.00", "piece", True, "Branding"),
        Ware("Brand guidelines", "2900.00", "piece", True, "Branding"),
        Ware("Website design", "145.00", "hour", True, "Digital"),
        Ware("Front-end development", "155.00", "hour", True, "Digital"),
        Ware("Illustration", "120.00", "hour", True, "Illustration"),
        Ware("Photo shoot", "1180.00", "day", True, "Photography"),
        Ware("Hosting, one month", "39.90", "piece", True, "Digital"),
        Ware("Copy editing", "98.50", "hour", True, "Editorial"),
        Ware("Poster print A1", "42.80", "piece", False, "Print"),
        Ware("Flyers A5, 500 pieces", "189.00", "piece", False, "Print"),
        Ware("Exhibition catalogue", "34.00", "piece", False, "Books", "2.6"),
        Ware("Art book, bound", "68.00", "piece", False, "Books", "2.6"),
        Ware("Exhibition stand", "3450.00", "piece", False, "Exhibition"),
        Ware("Overnight stay on location", "165.00", "night", True, "Travel", "3.8"),
        Ware("Rights abroad, one year", "800.00", "piece", True, "Licences", "0"),
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
        Ware("Partner consultation", "420.00", "hour", True, "Advice"),
        Ware("Associate work", "265.00", "hour", True, "Advice"),
        Ware("Contract review", "950.00", "piece", True, "Contracts"),
        Ware("Company formation", "1800.00", "piece", True, "Corporate"),
        Ware("Trade mark filing", "1250.00", "piece", True, "Property"),
        Ware("Court appearance", "2400.00", "day", True, "Litigation"),
        Ware("Notarial certificate", "85.00", "piece", True, "Notary"),
        Ware("Legal research", "190.00", "hour", True, "Advice"),
        Ware("Sworn translation", "1.85", "piece", True, "Translation"),
        Ware("Court fee, passed on", "350.00", "piece", True, "Expenses", "0"),
        Ware("Commented statute book", "129.00", "piece", False, "Books", "2.6"),
        Ware("Bound copies", "24.50", "piece", False, "Copies"),
        Ware("Hearing, overnight stay", "210.00", "night", True, "Expenses", "3.8"),
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
        Ware("Lakes and peaks, five days", "1290.00", "piece", True, "Tours"),
        Ware("Old town walk", "24.00", "piece", True, "Tours"),
        Ware("Mountain guide", "640.00", "day", True, "Guides"),
        Ware("City guide", "85.00", "hour", True, "Guides"),
        Ware("Coach hire", "980.00", "day", True, "Transport"),
        Ware("Airport transfer", "68.50", "piece", True, "Transport"),
        Ware("Panorama train, second class", "152.00", "piece", True, "Transport"),
        Ware("Hotel, half board", "189.00", "night", True, "Hotels", "3.8"),
        Ware("Mountain hut", "74.00", "night", True, "Hotels", "3.8"),
        Ware("Ferry abroad", "46.20", "piece", True, "Transport", "0"),
        Ware("Museum pass", "35.00", "piece", False, "Passes"),
        Ware("Hiking map", "22.50", "piece", False, "Shop", "2.6"),
        Ware("Picnic hamper", "31.90", "piece", False, "Shop", "2.6"),
        Ware("Rain jacket", "119.00", "piece", False, "Shop"),
        Ware("Snowshoe hire", "28.00", "day", True, "Hire"),
        Ware("Cancellation cover", "49.00", "piece", True, "Cover", "0"),
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

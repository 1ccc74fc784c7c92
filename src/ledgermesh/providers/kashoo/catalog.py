"""Products, services and taxes: https://api.kashoo.com/index.html"""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.model.enums import ItemKind, RecordStatus
from ledgermesh.model.item import Item, TaxComponent, TaxRate
from ledgermesh.providers.kashoo import quirks, scope
from ledgermesh.providers.kashoo.records import transfer_date
from ledgermesh.spec.leaves import decimal, flag, fraction, instant, money, text
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.resource import Get, List, Resource
from ledgermesh.spec.wires import fields, made, ref

ITEMS = Resource(
    kind="Item",
    list=List(path="/businesses/{business_id}/items", page=Whole()),
    get=Get(path="/businesses/{business_id}/items/{id}"),
    keep=scope.is_here,
    fields=fields(
        Item,
        native_id=text("id"),
        code=text("sku"),
        name=text("name"),
        description=text("description"),
        kind=made(ItemKind, "tracked", read=quirks.item_kind, transform="tracked_is_inventory"),
        status=made(RecordStatus, "archived", read=quirks.record_status, transform="status_of"),
        sales_price=money("defaultSellRate", currency="@currency"),
        purchase_price=money("defaultBuyRate", currency="@currency"),
        tax_code=text("defaultTaxCode"),
        notes=text("defaultNote"),
        sales_account_ref=ref("Account", "creditAccount"),
        purchase_account_ref=ref("Account", "debitAccount"),
        updated_at=instant("lastModified"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
    omitted={
        "business": "Whose item it is; those of other businesses are left out.",
        "itemId": "An older id beside the one that is carried.",
        "effectiveId": "An id that Kashoo counts versions by.",
        "category": "An id without a list of categories.",
        "defaultDiscountCode": "A code without a list of discounts.",
        "inventoryAccount": "The model has one account for sales and one for purchases.",
        "cogsAccount": "The model has one account for sales and one for purchases.",
        "readOnly": "Whether Kashoo lets the item be changed, which only writing asks.",
        "links": "Addresses in the provider's API.",
    },
)

TAX_RATES = Resource(
    kind="TaxRate",
    list=List(path="/businesses/{business_id}/taxes", page=Whole(), query=(("version", "2"),)),
    keep=scope.is_here,
    fields=fields(
        TaxRate,
        native_id=text("id"),
        # Assumed: documents name a tax by its name; a tax has no code of its own.
        code=text("name"),
        name=text("name"),
        description=text("description"),
        rate=made(Decimal, "rates", read=quirks.newest_rate, transform="newest_rate"),
        components=made(
            list[TaxComponent],
            "rates",
            read=quirks.present("rates"),
            transform="not_removed",
            parts=fields(
                TaxComponent,
                rate=fraction("rate") if quirks.RATE_IS_FRACTION else decimal("rate"),
                compound=flag("compound"),
                valid_from=transfer_date("startDate"),
                valid_to=transfer_date("endDate"),
            ),
        ),
        recoverable=flag("canBeRecovered"),
        status=made(RecordStatus, "archived", read=quirks.record_status, transform="status_of"),
        deleted=flag("removed"),
        archived=flag("archived"),
    ),
    omitted={
        "business": "Whose tax it is; those of other businesses are left out.",
        "lazyRounding": "How Kashoo rounds it; its amounts are carried as they are.",
        "system": "Whether Kashoo made it or the company.",
        "canBeRegistered": "Whether a company may register for it, not whether this one did.",
        "registeredDefault": "A rule for new books.",
        "recoveredDefault": "A rule for new books.",
        "accounts": "The accounts that it is booked to; the entries there tell.",
        "configuration": "The company's registrations for the tax over time.",
        "rates.id": "Rates are parts of their tax and are not asked for by themselves.",
        "rates.tax": "The tax that the rate stands in.",
        "rates.archived": "Whether the rate is still offered; its days are carried.",
        "rates.removed": "Rates that were removed are left out.",
        "rates.regions": "Where the rate is in force, by the tables of Kashoo.",
        "rates.period": "The two days that are carried, once more.",
        "code": "Of the older form of taxes, which is not asked for.",
        "rate": "Of the older form of taxes, which is not asked for.",
    },
)

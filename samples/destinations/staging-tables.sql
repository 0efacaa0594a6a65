-- Staging tables for orders, ship notices and invoices, as samples/destinations/staging-tables.mapping.toml fills them.
create table staging_orders (
    doc_key varchar(80) primary key,
    number varchar(35) not null,
    partner varchar(35) not null,
    ordered date,
    ship_to varchar(35),
    currency varchar(3),
    lines integer not null,
    quantity numeric(18, 3) not null,
    total numeric(18, 2) not null
);
create table staging_lines (
    doc_key varchar(80) not null references staging_orders,
    position integer not null,
    product varchar(40) not null,
    quantity numeric(18, 3) not null,
    unit varchar(4) not null,
    price numeric(18, 4) not null,
    primary key (doc_key, position)
);
create table staging_shipments (
    doc_key varchar(80) primary key,
    number varchar(35) not null,
    partner varchar(35) not null,
    shipped date,
    items integer not null,
    quantity numeric(18, 3) not null
);
create table staging_shipment_items (
    doc_key varchar(80) not null references staging_shipments,
    position varchar(12) not null,
    order_number varchar(35) not null,
    product varchar(40) not null,
    quantity numeric(18, 3) not null,
    unit varchar(4) not null,
    primary key (doc_key, position)
);
create table staging_invoices (
    doc_key varchar(80) primary key,
    number varchar(35) not null,
    partner varchar(35) not null,
    order_number varchar(35),
    billed date,
    currency varchar(3),
    charges numeric(18, 2) not null,
    taxes numeric(18, 2) not null,
    total numeric(18, 2) not null
);
create table staging_invoice_lines (
    doc_key varchar(80) not null references staging_invoices,
    position integer not null,
    product varchar(40) not null,
    quantity numeric(18, 3) not null,
    unit varchar(4) not null,
    price numeric(18, 4) not null,
    primary key (doc_key, position)
);

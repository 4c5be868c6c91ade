-- SPDX-License-Identifier: Apache-2.0
-- Read models of the projection `orders`: shapes of the same events, moved together in one
-- transaction under one checkpoint. They can be thrown away and made again from the events.
--
-- What is personal is here only as it is in the events: sealed, copied as it is, without a key.
-- Whoever may open it gets the key from the key broker (order-projector show --reveal).
--
-- Amounts are integers in minor units of the row's currency (ISO 4217). Times are UTC.
-- There is no row level security yet: whoever may read a table sees the rows of every tenant.

create table read.order_summary (
    order_number bigint not null,
    position bigint not null,
    placed_at timestamptz not null,
    updated_at timestamptz not null,
    units bigint not null check (units > 0),
    subtotal bigint not null,
    discount bigint not null check (discount >= 0),
    tax bigint not null,
    shipping bigint not null,
    total bigint not null,
    cancelled_amount bigint not null check (cancelled_amount between 0 and total),
    authorised bigint not null check (authorised >= 0),
    voided bigint not null check (voided >= 0),
    captured bigint not null check (captured >= 0),
    refunded bigint not null check (refunded >= 0),
    refund_pending bigint not null check (refund_pending >= 0),
    reserved bigint not null check (reserved >= 0),
    order_id uuid not null,
    customer_id uuid not null,
    tenant_id integer not null,
    line_count integer not null check (line_count > 0),
    stream_version integer not null check (stream_version > 0),
    cancelled integer not null check (cancelled between 0 and units),
    shipped integer not null check (shipped between 0 and units - cancelled),
    delivered integer not null check (delivered between 0 and shipped),
    return_requested integer not null check (return_requested >= 0),
    returned integer not null check (returned between 0 and delivered - return_requested),
    declines integer not null check (declines >= 0),
    channel smallint not null check (channel >= 0),
    status smallint not null check (status between 1 and 8),
    payment smallint not null check (payment between 0 and 8),
    goods smallint not null check (goods between 0 and 6),
    returns smallint not null check (returns between 0 and 3),
    hold_reason smallint check (hold_reason >= 0),
    currency text not null check (length(currency) = 3),
    ship_country text not null check (length(ship_country) = 2),
    sealed bytea,
    primary key (tenant_id, order_id)
) with (fillfactor = 70);
alter table read.order_summary alter column sealed set storage external; -- ciphertext stays as it is
-- No other index, and none on what changes later: an update of a status then stays on its page
-- (HOT) and touches no index at all.
create index order_summary_customer on read.order_summary
    (tenant_id, customer_id, placed_at desc, order_id desc);

comment on table read.order_summary is 'One row per order: its header and how it stands.';
comment on index read.order_summary_customer is
    'A customer''s orders, newest first; pages by (placed_at, order_id), because times repeat.';
comment on column read.order_summary.order_number is
    'compact key of the order, the number of its stream in the event store';
comment on column read.order_summary.position is 'of the order''s last applied event';
comment on column read.order_summary.placed_at is 'when the customer ordered';
comment on column read.order_summary.updated_at is 'when the last applied event occurred';
comment on column read.order_summary.units is 'ordered units over all lines, cancelled ones included';
comment on column read.order_summary.subtotal is 'goods without tax, as ordered';
comment on column read.order_summary.discount is
    'taken off the goods before tax, in subtotal already';
comment on column read.order_summary.tax is 'tax on goods and shipping, as ordered';
comment on column read.order_summary.shipping is 'shipping charged, without tax';
comment on column read.order_summary.total is 'what was to be paid when the order was placed';
comment on column read.order_summary.cancelled_amount is 'part of the total that was cancelled since';
comment on column read.order_summary.authorised is 'payments authorised ever';
comment on column read.order_summary.voided is 'part of authorised that was given back';
comment on column read.order_summary.captured is 'payments captured';
comment on column read.order_summary.refunded is 'refunds that the payment provider has settled';
comment on column read.order_summary.refund_pending is
    'refunds requested that have neither been settled nor failed';
comment on column read.order_summary.order_id is 'identity of the order, chosen by who placed it';
comment on column read.order_summary.customer_id is 'pseudonym of the customer';
comment on column read.order_summary.tenant_id is 'whose order it is, see store.tenants';
comment on column read.order_summary.line_count is 'lines as ordered';
comment on column read.order_summary.stream_version is 'number of events applied of this order';
comment on column read.order_summary.cancelled is
    'units cancelled; all of them once the order is cancelled or expired';
comment on column read.order_summary.reserved is
    'units for which stock was reserved, those cancelled since included';
comment on column read.order_summary.shipped is 'units that left the warehouse';
comment on column read.order_summary.delivered is 'units that arrived';
comment on column read.order_summary.return_requested is
    'units whose return is announced and that are not back yet';
comment on column read.order_summary.returned is 'units that came back, accepted or not';
comment on column read.order_summary.declines is 'payments that providers refused to authorise';
comment on column read.order_summary.channel is
    'where it was ordered, as the number in the event; its name is in read_v1.orders';
comment on column read.order_summary.status is
    '1 placed, 2 confirmed, 3 part shipped, 4 shipped, 5 delivered, 6 closed, 7 cancelled, 8 expired';
comment on column read.order_summary.payment is
    '0 pending, 1 authorized, 2 part captured, 3 captured, 4 part refunded, 5 refunded, 6 voided, 7 declined, 8 over captured';
comment on column read.order_summary.goods is
    '0 none, 1 part reserved, 2 reserved, 3 part shipped, 4 shipped, 5 part delivered, 6 delivered';
comment on column read.order_summary.returns is '0 none, 1 requested, 2 part returned, 3 returned';
comment on column read.order_summary.hold_reason is
    'why the order is held, as the number in the event; its name is in read_v1.orders; null: it is not';
comment on column read.order_summary.currency is 'ISO 4217 code of all amounts of the order';
comment on column read.order_summary.ship_country is 'ISO 3166 code of where the goods go';
comment on column read.order_summary.sealed is
    'who ordered, where to, for whose invoice and how paid: of each the newest envelope with its place (message SealedCopies); null: none';

create table read.order_lines (
    order_number bigint not null,
    unit_price bigint not null,
    discount bigint not null check (discount >= 0),
    line_net bigint not null,
    line_tax bigint not null,
    line_total bigint not null,
    cancelled_amount bigint not null check (cancelled_amount between 0 and line_total),
    line_no integer not null,
    tenant_id integer not null,
    qty integer not null check (qty > 0),
    cancelled integer not null check (cancelled between 0 and qty),
    reserved integer not null check (reserved between 0 and qty - cancelled),
    shipped integer not null check (shipped between 0 and qty - cancelled),
    delivered integer not null check (delivered between 0 and shipped),
    returned integer not null check (returned between 0 and delivered),
    sku text not null,
    title text,
    seller_id text,
    primary key (order_number, line_no)
) with (fillfactor = 80); -- lines change as they are reserved, shipped and delivered
comment on table read.order_lines is
    'One row per line of an order. The key grows, so that inserts stay at the index''s end.';
comment on column read.order_lines.order_number is 'of read.order_summary';
comment on column read.order_lines.unit_price is 'as ordered, per unit';
comment on column read.order_lines.discount is 'the line''s part of the order''s discount';
comment on column read.order_lines.line_net is 'without tax, as ordered';
comment on column read.order_lines.line_tax is 'tax of the line, as ordered';
comment on column read.order_lines.line_total is 'line_net + line_tax';
comment on column read.order_lines.cancelled_amount is 'part of line_total that was cancelled since';
comment on column read.order_lines.line_no is 'identity of the line within its order';
comment on column read.order_lines.tenant_id is 'whose order it is, see store.tenants';
comment on column read.order_lines.qty is 'ordered units';
comment on column read.order_lines.cancelled is 'units cancelled since';
comment on column read.order_lines.reserved is
    'units for which stock is reserved or was used, without those cancelled since';
comment on column read.order_lines.shipped is 'units that left the warehouse';
comment on column read.order_lines.delivered is 'units that arrived';
comment on column read.order_lines.returned is 'units that came back, accepted or not';
comment on column read.order_lines.sku is 'what was ordered, compared byte by byte';
comment on column read.order_lines.title is 'what it was called when it was ordered';
comment on column read.order_lines.seller_id is 'who sells it, when that is not the tenant';

create table read.customers (
    position bigint not null,
    registered_at timestamptz not null,
    updated_at timestamptz not null,
    customer_id uuid not null,
    tenant_id integer not null,
    stream_version integer not null check (stream_version > 0),
    status smallint not null check (status between 1 and 3),
    region text not null,
    locale text,
    sealed bytea,
    primary key (tenant_id, customer_id)
) with (fillfactor = 80);
alter table read.customers alter column sealed set storage external;
comment on table read.customers is
    'One row per registered customer. Who that is, is sealed.';
comment on column read.customers.position is 'of the customer''s last applied event';
comment on column read.customers.registered_at is 'when the customer registered';
comment on column read.customers.updated_at is 'when the last applied event occurred';
comment on column read.customers.customer_id is 'pseudonym of the customer';
comment on column read.customers.tenant_id is 'whose customer it is, see store.tenants';
comment on column read.customers.stream_version is 'number of events applied of this customer';
comment on column read.customers.status is '1 active, 2 erasing, 3 erased';
comment on column read.customers.region is 'where the customer''s data belong, as registered';
comment on column read.customers.locale is 'language and country for messages, as registered';
comment on column read.customers.sealed is
    'the newest envelope of each retention class with its place (message SealedCopies); null: none';

-- cancelled_units <= units is no constraint here: INSERT … ON CONFLICT would check it on the change
-- before it is added to the row. order-projector verify compares the sums.
create table read.sku_sales (
    orders bigint not null check (orders >= 0),
    units bigint not null check (units >= 0),
    revenue bigint not null check (revenue >= 0),
    cancelled_units bigint not null check (cancelled_units >= 0),
    cancelled_revenue bigint not null check (cancelled_revenue >= 0),
    tenant_id integer not null,
    month date not null check (extract(day from month) = 1),
    sku text collate "C" not null,
    currency text collate "C" not null check (length(currency) = 3),
    primary key (tenant_id, month, sku, currency)
) with (fillfactor = 50); -- the same rows again and again: room for HOT updates
comment on table read.sku_sales is
    'Sales per article and month of ordering. A cancellation counts in the month of its order.';
comment on column read.sku_sales.orders is 'orders with at least one line of the article';
comment on column read.sku_sales.units is 'ordered units, cancelled ones included';
comment on column read.sku_sales.revenue is
    'sum of line_total, cancelled amounts included; 9223372036854775807 stands for anything beyond';
comment on column read.sku_sales.cancelled_units is 'units cancelled since';
comment on column read.sku_sales.cancelled_revenue is 'part of revenue that was cancelled since';
comment on column read.sku_sales.tenant_id is 'whose sales, see store.tenants';
comment on column read.sku_sales.month is 'first day of the month (UTC) in which was ordered';
comment on column read.sku_sales.sku is 'the article, compared byte by byte';
comment on column read.sku_sales.currency is 'ISO 4217 code of the amounts';

create table read.stock (
    item_number bigint not null,
    position bigint not null,
    updated_at timestamptz not null,
    on_hand bigint not null check (on_hand >= 0),
    reserved bigint not null check (reserved between 0 and on_hand),
    available bigint not null generated always as (on_hand - reserved) stored,
    tenant_id integer not null,
    location text collate "C" not null,
    sku text collate "C" not null,
    primary key (tenant_id, location, sku),
    unique (item_number)
) with (fillfactor = 50); -- as of read.sku_sales
comment on table read.stock is
    'Units of each article at each location. For display: the store decides, and may be ahead.';
comment on column read.stock.item_number is
    'compact key of the stock item, the number of its stream in the event store';
comment on column read.stock.position is 'of the item''s last applied event';
comment on column read.stock.updated_at is 'when the last applied event occurred';
comment on column read.stock.on_hand is 'units there, reserved ones included';
comment on column read.stock.reserved is 'units that orders have reserved';
comment on column read.stock.available is 'on_hand - reserved';
comment on column read.stock.tenant_id is 'whose stock it is, see store.tenants';
comment on column read.stock.location is 'where the units are, compared byte by byte';
comment on column read.stock.sku is 'the article, compared byte by byte';

create table read.stock_reservations (
    item_number bigint not null,
    qty bigint not null check (qty > 0),
    position bigint not null,
    expires_at timestamptz not null,
    order_id uuid not null,
    tenant_id integer not null,
    primary key (item_number, order_id)
) with (fillfactor = 80);
create index stock_reservations_expires on read.stock_reservations (expires_at);
comment on table read.stock_reservations is
    'Reservations that are open: neither released nor used up by shipments.';
comment on index read.stock_reservations_expires is 'What is overdue, of all tenants.';
comment on column read.stock_reservations.item_number is 'of read.stock';
comment on column read.stock_reservations.qty is 'units still reserved';
comment on column read.stock_reservations.position is 'of the reservation''s last applied event';
comment on column read.stock_reservations.expires_at is
    'until when the order should be confirmed; nothing is released by itself';
comment on column read.stock_reservations.order_id is 'for which order';
comment on column read.stock_reservations.tenant_id is 'whose stock it is, see store.tenants';

create table read.promotions (
    promotion_number bigint not null,
    position bigint not null,
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    updated_at timestamptz not null,
    amount bigint check (amount > 0),
    min_purchase bigint not null check (min_purchase >= 0),
    tenant_id integer not null,
    stream_version integer not null check (stream_version > 0),
    bps integer check (bps between 1 and 10000),
    max_uses integer check (max_uses > 0),
    per_customer integer not null check (per_customer > 0),
    uses integer not null check (uses >= 0),
    kind smallint not null check (kind >= 0),
    active boolean not null,
    code text collate "C" not null,
    currency text check (length(currency) = 3),
    seller_id text,
    primary key (tenant_id, code),
    unique (promotion_number)
) with (fillfactor = 50);
comment on table read.promotions is
    'Promotions and how far they are used up. A hint: the promotion itself decides.';
comment on column read.promotions.promotion_number is
    'compact key of the promotion, the number of its stream in the event store';
comment on column read.promotions.position is 'of the promotion''s last applied event';
comment on column read.promotions.valid_from is 'first moment at which it can be redeemed';
comment on column read.promotions.valid_until is 'first moment at which it cannot any more';
comment on column read.promotions.updated_at is 'when the last applied event occurred';
comment on column read.promotions.amount is 'what it takes off, of kind fixed';
comment on column read.promotions.min_purchase is 'goods that an order must have at least';
comment on column read.promotions.tenant_id is 'whose promotion it is, see store.tenants';
comment on column read.promotions.stream_version is 'number of events applied of this promotion';
comment on column read.promotions.bps is 'what it takes off in hundredths of a percent, of kind percent_bps';
comment on column read.promotions.max_uses is 'how often it can be redeemed in all; null: as often as anybody likes';
comment on column read.promotions.per_customer is 'how often one customer can redeem it';
comment on column read.promotions.uses is 'redemptions that were not released';
comment on column read.promotions.kind is
    'what it takes off, as the number in the event; its name is in read_v1.promotions';
comment on column read.promotions.active is 'false once it was deactivated';
comment on column read.promotions.code is 'what customers enter, in capital letters';
comment on column read.promotions.currency is 'ISO 4217 code of its amounts; null: it has none';
comment on column read.promotions.seller_id is 'who grants it, when that is not the tenant';

create table read.promotion_discounts (
    redemptions bigint not null check (redemptions > 0),
    discount bigint not null check (discount >= 0),
    promotion_number bigint not null,
    tenant_id integer not null,
    currency text collate "C" not null check (length(currency) = 3),
    primary key (promotion_number, currency)
) with (fillfactor = 50);
comment on table read.promotion_discounts is
    'What each promotion has granted, by currency: amounts of different ones do not add up.';
comment on column read.promotion_discounts.redemptions is
    'how often it was redeemed ever, redemptions released since included';
comment on column read.promotion_discounts.discount is
    'granted by these redemptions; 9223372036854775807 stands for anything beyond';
comment on column read.promotion_discounts.promotion_number is 'of read.promotions';
comment on column read.promotion_discounts.tenant_id is 'whose promotion it is, see store.tenants';
comment on column read.promotion_discounts.currency is 'ISO 4217 code of the discount';

create view read.customer_orders as
    select tenant_id, customer_id, placed_at, order_id, order_number, status, currency, line_count,
        units, total, cancelled_amount, updated_at
    from read.order_summary;
comment on view read.customer_orders is
    'A customer''s orders. Page with (placed_at, order_id) < (last row), newest first.';

-- Stable views for people and programs. They decode numbers and name the tenant; columns are only
-- ever added.

create view read_v1.orders as
    select t.name as tenant, s.tenant_id, s.order_id, s.order_number, s.customer_id,
        case s.channel
            when 0 then 'web' when 1 then 'store' when 2 then 'phone' when 3 then 'marketplace'
            else 'unknown' end as channel,
        case s.status
            when 1 then 'placed' when 2 then 'confirmed' when 3 then 'part_shipped'
            when 4 then 'shipped' when 5 then 'delivered' when 6 then 'closed'
            when 7 then 'cancelled' when 8 then 'expired' end as status,
        s.currency, s.line_count, s.units, s.subtotal, s.tax, s.shipping, s.total,
        s.cancelled_amount, s.total - s.cancelled_amount as due,
        s.ship_country, s.placed_at, s.updated_at, s.stream_version, s.position,
        s.discount, s.cancelled, s.reserved, s.shipped, s.delivered, s.return_requested,
        s.returned, s.authorised, s.voided, s.captured, s.refunded, s.refund_pending, s.declines,
        case s.payment
            when 0 then 'pending' when 1 then 'authorized' when 2 then 'part_captured'
            when 3 then 'captured' when 4 then 'part_refunded' when 5 then 'refunded'
            when 6 then 'voided' when 7 then 'declined' when 8 then 'over_captured' end as payment,
        case s.goods
            when 0 then 'none' when 1 then 'part_reserved' when 2 then 'reserved'
            when 3 then 'part_shipped' when 4 then 'shipped' when 5 then 'part_delivered'
            when 6 then 'delivered' end as goods,
        case s.returns
            when 0 then 'none' when 1 then 'requested' when 2 then 'part_returned'
            when 3 then 'returned' end as returns,
        s.hold_reason is not null as held,
        case s.hold_reason
            when 0 then 'fraud' when 1 then 'address' when 2 then 'manual'
            when 3 then 'capture_failed' when 4 then 'underfunded'
            when 5 then 'authorization_expired' else case when s.hold_reason is not null
            then 'unknown' end end as hold_reason,
        case
            when s.payment = 5 then 'refunded'
            when s.status = 1 and s.payment = 7 then 'payment_failed'
            when s.status = 1 and s.goods = 2 then 'pending_payment'
            when s.status = 1 then 'pending' when s.status = 2 then 'confirmed'
            when s.status = 3 then 'processing' when s.status = 4 then 'shipped'
            when s.status in (5, 6) then 'delivered' else 'cancelled' end as shown_status
    from read.order_summary s join store.tenants t using (tenant_id);
comment on view read_v1.orders is
    'Orders. Amounts are in minor units of the currency. Filter by tenant_id or tenant.';

create view read_v1.order_lines as
    select t.name as tenant, s.tenant_id, s.order_id, l.line_no, l.sku, l.title, l.seller_id,
        l.qty, l.cancelled, l.qty - l.cancelled as open, s.currency, l.unit_price, l.line_net,
        l.line_tax, l.line_total, l.cancelled_amount, l.order_number, l.discount, l.reserved,
        l.shipped, l.delivered, l.returned
    from read.order_summary s
        join read.order_lines l using (order_number)
        join store.tenants t on t.tenant_id = s.tenant_id;
comment on view read_v1.order_lines is 'Lines of orders. Fast by (tenant_id, order_id).';

create view read_v1.customer_orders as
    select tenant, tenant_id, customer_id, placed_at, order_id, order_number, status, currency,
        line_count, units, total, cancelled_amount, due, updated_at, shown_status
    from read_v1.orders;
comment on view read_v1.customer_orders is
    'A customer''s orders. Page with (placed_at, order_id) < (last row), newest first.';

create view read_v1.customers as
    select t.name as tenant, c.tenant_id, c.customer_id,
        case c.status when 1 then 'active' when 2 then 'erasing' when 3 then 'erased' end
            as status,
        c.region, c.locale, c.registered_at, c.updated_at, c.stream_version, c.position
    from read.customers c join store.tenants t using (tenant_id);
comment on view read_v1.customers is
    'Registered customers by their pseudonym. Filter by tenant_id or tenant.';

create view read_v1.stock as
    select t.name as tenant, s.tenant_id, s.location, s.sku, s.on_hand, s.reserved, s.available,
        s.updated_at, s.item_number, s.position
    from read.stock s join store.tenants t using (tenant_id);
comment on view read_v1.stock is
    'Units of articles. Fast by (tenant_id, location, sku).';

create view read_v1.stock_reservations as
    select t.name as tenant, s.tenant_id, s.location, s.sku, r.order_id, r.qty, r.expires_at,
        r.position
    from read.stock_reservations r
        join read.stock s on s.item_number = r.item_number
        join store.tenants t on t.tenant_id = s.tenant_id;
comment on view read_v1.stock_reservations is 'Open reservations of articles by orders.';

create view read_v1.promotions as
    select t.name as tenant, p.tenant_id, p.code,
        case p.kind when 0 then 'percent_bps' when 1 then 'fixed' else 'unknown' end as kind,
        p.bps, p.amount, p.currency, p.min_purchase, p.max_uses, p.per_customer, p.uses,
        p.valid_from, p.valid_until, p.active, p.seller_id, p.updated_at, p.promotion_number,
        p.stream_version, p.position
    from read.promotions p join store.tenants t using (tenant_id);
comment on view read_v1.promotions is 'Promotions. Fast by (tenant_id, code).';

create view read_v1.promotion_discounts as
    select t.name as tenant, p.tenant_id, p.code, d.currency, d.redemptions, d.discount
    from read.promotion_discounts d
        join read.promotions p on p.promotion_number = d.promotion_number
        join store.tenants t on t.tenant_id = p.tenant_id;
comment on view read_v1.promotion_discounts is 'What promotions have granted, by currency.';

create view read_v1.best_sellers as
    select t.name as tenant, s.tenant_id, s.sku, s.currency,
        sum(s.orders)::bigint as orders,
        least(sum(s.units - s.cancelled_units), 9223372036854775807)::bigint as units,
        least(sum(s.revenue - s.cancelled_revenue), 9223372036854775807)::bigint as revenue
    from read.sku_sales s join store.tenants t using (tenant_id)
    group by t.name, s.tenant_id, s.sku, s.currency;
comment on view read_v1.best_sellers is
    'Sales per article over all time, without what was cancelled. Per currency, because amounts of
different currencies do not add up. Sort by units or revenue as you like.';

create view read_v1.freshness as
    select c.projection, c.position, h.position as head, h.position - c.position as lag,
        c.updated_at,
        (select e.recorded_at from store.events e where e.position = c.position + 1)
            as waiting_since
    from projection.checkpoints c join store.head h using (shard);
comment on view read_v1.freshness is
    'How far each projection has come: lag counts the events it has not applied yet.';
comment on column read_v1.freshness.waiting_since is
    'when the oldest event that is not applied yet was recorded; null when there is none';

comment on column read_v1.orders.tenant is 'name of the tenant';
comment on column read_v1.orders.channel is 'where it was ordered';
comment on column read_v1.orders.status is 'how the order stands';
comment on column read_v1.orders.due is 'what is still to be paid for: total - cancelled_amount';
comment on column read_v1.orders.payment is 'how the payment stands';
comment on column read_v1.orders.goods is 'how far the goods have come';
comment on column read_v1.orders.returns is 'whether goods come back';
comment on column read_v1.orders.held is 'whether the order is held: nothing is confirmed or shipped';
comment on column read_v1.orders.hold_reason is 'why the order is held; null: it is not';
comment on column read_v1.orders.shown_status is 'how the order stands, in one word for customers';
comment on column read_v1.promotions.kind is 'what it takes off: a share of the goods, or an amount';
comment on column read_v1.order_lines.open is 'units not cancelled';
comment on column read_v1.customers.tenant is 'name of the tenant';
comment on column read_v1.customers.status is 'how the customer stands';
comment on column read_v1.best_sellers.orders is
    'orders with at least one line of the article, cancelled ones included';
comment on column read_v1.best_sellers.units is 'ordered and not cancelled';
comment on column read_v1.best_sellers.revenue is 'of the units that were not cancelled';
comment on column read_v1.freshness.projection is 'its name';
comment on column read_v1.freshness.position is 'of the last event it has applied';
comment on column read_v1.freshness.head is 'position of the newest event';
comment on column read_v1.freshness.lag is 'events not applied yet';
comment on column read_v1.freshness.updated_at is 'when it last moved';

-- The other columns of the views mean what they mean in what the view is made of.
do $$
declare
    one record;
begin
    for one in
        select distinct on (a.attrelid, a.attnum)
            a.attrelid::regclass as view_name, a.attname, col_description(b.attrelid, b.attnum) as text
        from (values
            (1, 'read_v1.orders'::regclass, 'read.order_summary'::regclass),
            (2, 'read_v1.order_lines', 'read.order_lines'),
            (3, 'read_v1.order_lines', 'read_v1.orders'),
            (4, 'read_v1.order_lines', 'read.order_summary'),
            (5, 'read_v1.best_sellers', 'read_v1.orders'),
            (6, 'read_v1.best_sellers', 'read.sku_sales'),
            (7, 'read_v1.customer_orders', 'read_v1.orders'),
            (8, 'read_v1.customer_orders', 'read.order_summary'),
            (9, 'read.customer_orders', 'read.order_summary'),
            (10, 'read_v1.customers', 'read.customers'),
            (11, 'read_v1.stock', 'read.stock'),
            (12, 'read_v1.stock', 'read_v1.orders'),
            (13, 'read_v1.stock_reservations', 'read.stock_reservations'),
            (14, 'read_v1.stock_reservations', 'read.stock'),
            (15, 'read_v1.stock_reservations', 'read_v1.orders'),
            (16, 'read_v1.promotions', 'read.promotions'),
            (17, 'read_v1.promotions', 'read_v1.orders'),
            (18, 'read_v1.promotion_discounts', 'read.promotion_discounts'),
            (19, 'read_v1.promotion_discounts', 'read.promotions'),
            (20, 'read_v1.promotion_discounts', 'read_v1.orders')
        ) as made_of (preference, view_id, source_id)
            join pg_attribute a on a.attrelid = view_id and a.attnum > 0
            join pg_attribute b on b.attrelid = source_id and b.attname = a.attname
        where col_description(a.attrelid, a.attnum) is null
            and col_description(b.attrelid, b.attnum) is not null
        order by a.attrelid, a.attnum, preference
    loop
        execute format('comment on column %s.%I is %L', one.view_name, one.attname, one.text);
    end loop;
end
$$;

-- Rows are deleted of reservations only, when those are closed: the read models are thrown away by
-- their owner, all at once.
grant select, insert, update
    on read.order_summary, read.order_lines, read.customers, read.sku_sales, read.stock,
        read.stock_reservations, read.promotions, read.promotion_discounts to order_projector;
grant delete on read.stock_reservations to order_projector;
grant select on read.customer_orders to order_projector;
grant select on all tables in schema read_v1 to order_projector, order_reader;
grant select on read.order_lines, read.sku_sales, read.customer_orders, read.stock,
    read.stock_reservations, read.promotions, read.promotion_discounts to order_reader;

-- Readers see every column but the sealed ones: whoever reveals does it by name, with a reason.
do $$
declare
    one record;
begin
    for one in
        select attrelid::regclass as table_name,
            string_agg(quote_ident(attname), ', ' order by attnum) as columns
        from pg_attribute
        where attrelid in ('read.order_summary'::regclass, 'read.customers'::regclass)
            and attnum > 0 and not attisdropped and attname <> 'sealed'
        group by attrelid
    loop
        execute format('grant select (%s) on %s to order_reader', one.columns, one.table_name);
    end loop;
end
$$;

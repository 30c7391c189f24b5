-- Only bigint and text, so that one set of statements serves SQLite and PostgreSQL.
-- Times are milliseconds since 1970; what happened first is told by seq, never by time.

create table conversation (
    address    text   not null primary key,
    version    bigint not null,   -- moves with every turn; a save carries the one it loaded
    last_seq   bigint not null,
    state      text   not null,   -- JSON
    request    text,              -- why a counsellor is waited for: asked, crisis; null: nobody waits
    begun_at   bigint not null,
    changed_at bigint not null
);

create index conversation_waiting on conversation (changed_at) where request is not null;

-- Every platform's id once per address: the same message again has no second effect.
create table inbound (
    address text   not null,
    id      text   not null,
    seq     bigint not null,      -- the transcript's line that it became
    primary key (address, id)
);

-- The transcript; its undelivered tail is the outbox.
create table message (
    address  text   not null,
    seq      bigint not null,
    author   text   not null,     -- you, assistant, counsellor
    at       bigint not null,
    body     text   not null,     -- JSON
    delivery text   not null,     -- kept (the channel reads it here), due, sent, dead
    tries    bigint not null default 0,
    not_before bigint not null default 0,
    primary key (address, seq)
);

create index message_due on message (not_before) where delivery = 'due';

-- A platform's update as it came, kept until it was read.
create table raw_update (
    channel text   not null,
    id      bigint not null,
    body    text   not null,
    state   text   not null,      -- new, done, dead
    primary key (channel, id)
);

create index raw_update_new on raw_update (channel, id) where state = 'new';

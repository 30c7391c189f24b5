-- Codes by which a conversation goes on in another place: eight digits, one use, fifteen minutes.
-- Only the hash is kept.
create table resume_code (
    hash       text   not null primary key,
    address    text   not null,   -- whose conversation it leads to
    expires_at bigint not null,
    used_at    bigint             -- null: not yet
);

-- Wrong codes, to slow down whoever guesses.
create table code_try (
    id      text   not null primary key,
    address text   not null,
    at      bigint not null
);

create index code_try_at on code_try (at);

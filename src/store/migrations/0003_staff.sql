-- Who works at the desk, how they come in, and what was looked at.

create table counsellor (
    name        text   not null primary key,  -- to log in with
    shown       text   not null,              -- what people see
    role        text   not null,              -- counsellor, lead, admin
    password    text,                         -- argon2id, PHC string; null until it is set
    skills      text   not null,              -- JSON lists
    districts   text   not null,
    scripts     text   not null,
    capacity    bigint not null,              -- conversations at once
    on_duty     bigint not null,
    free_since  bigint not null,              -- when the last conversation was given or ended
    made_at     bigint not null,
    disabled_at bigint
);

-- Only hashes of what a browser holds.
create table desk_session (
    hash     text   not null primary key,
    name     text   not null,
    csrf     text   not null,
    begun_at bigint not null,
    seen_at  bigint not null
);

create index desk_session_name on desk_session (name);

create table invitation (
    hash       text   not null primary key,
    name       text   not null,
    expires_at bigint not null,
    used_at    bigint
);

-- Failed logins, and the browsers that logged in before.
create table login_try (
    id     text   not null primary key,
    name   text   not null,
    source text   not null,
    at     bigint not null
);

create index login_try_at on login_try (at);

create table known_browser (
    hash text   not null,
    name text   not null,
    at   bigint not null,
    primary key (hash, name)
);

-- Each line carries the hash of the one before, so that no line can be changed or taken out unseen.
create table audit (
    seq    bigint not null primary key,
    at     bigint not null,
    actor  text   not null,
    action text   not null,
    object text   not null,
    prev   text   not null,
    hash   text   not null
);

-- The counsellors' desk: who speaks, who waits, how it went.

alter table conversation add column owner      text;                       -- the counsellor who speaks; null: the assistant
alter table conversation add column asked_at   bigint;                     -- since when a counsellor is waited for
alter table conversation add column wants      text;                       -- JSON: what the request asks for
alter table conversation add column offered_to text;                       -- the counsellor to whom the request is offered
alter table conversation add column offered_at bigint;
alter table conversation add column passed     text   not null default '[]'; -- JSON: who let the offer pass
alter table conversation add column push       bigint not null default 0;  -- 1: the outbox sends, 0: the channel reads
alter table conversation add column held_until bigint not null default 0;  -- until then nothing of the assistant is sent: somebody takes over
alter table conversation add column heard_seq  bigint not null default 0;  -- the person's last line
alter table conversation add column heard_at   bigint not null default 0;
alter table conversation add column said_at    bigint not null default 0;  -- when the counsellor wrote last
alter table conversation add column read_seq   bigint not null default 0;  -- the counsellor has read up to here

create index conversation_owner on conversation (owner) where owner is not null;

-- From a request to its end; a transfer ends one and begins the next.
create table talk (
    id       text   not null primary key,
    address  text   not null,
    reason   text   not null,
    asked_at bigint not null,
    taken_at bigint,
    by_name  text,
    ended_at bigint,
    ending   text,
    rated    bigint,           -- 1: it helped, 0: it did not
    offers     bigint not null default 0,
    passes     bigint not null default 0,
    offered_at bigint          -- the last offer
);

create index talk_address on talk (address, asked_at);
create unique index talk_open on talk (address) where ended_at is null;
create index talk_ended on talk (ended_at);

-- A message that was left, a time that was agreed: somebody writes to the person.
create table task (
    id       text   not null primary key,
    address  text   not null,
    about    text   not null,
    skills   text   not null,   -- JSON
    from_at  bigint not null,
    due_at   bigint not null,
    owner    text,
    made_at  bigint not null,
    done_at  bigint
);

create index task_open on task (due_at) where done_at is null;

-- What counsellors write for each other.
create table note (
    id      text   not null primary key,
    address text   not null,
    by_name text   not null,
    at      bigint not null,
    body    text   not null
);

create index note_address on note (address, at);

create table label (
    address text not null,
    label   text not null,
    by_name text not null,
    primary key (address, label)
);

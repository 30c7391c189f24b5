-- What could not be read is kept for whoever looks into it; what could be read needs no copy: the
-- message and its effect are written together, and the platform keeps what was not acknowledged.
create table letter (
    channel text   not null,
    id      text   not null,   -- the platform's own
    at      bigint not null,
    why     text   not null,
    body    text   not null,   -- as it came; never logged
    primary key (channel, id)
);

insert into letter (channel, id, at, why, body)
select channel, cast(id as text), 0, 'it cannot be read', body from raw_update where state = 'dead';

drop table raw_update;

alter table message add column parts bigint not null default 0;   -- a long message goes in parts: those that were sent
alter table message add column why text;                          -- why it can never be delivered
create index message_dead on message (at) where delivery = 'dead';

-- Written to see whether the database can be written.
create table pulse (
    id bigint not null primary key,
    at bigint not null
);

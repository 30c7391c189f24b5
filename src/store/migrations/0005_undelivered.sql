-- A long transcript, or a long backlog, must not slow down the look at what is due: the first line of each
-- conversation that is not delivered, and what is being sent, are found without walking over what was sent.

create index message_undelivered on message (address, seq) where delivery in ('due', 'sending');
create index message_sending on message (address) where delivery = 'sending';

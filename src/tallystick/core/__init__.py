"""The ground that every room stands on.

Journal, tape and lake; money, ids and time; schema and events; operations, access, approvals and work items;
errors, settings, texts and progress. `core` imports no room. Rooms import its modules by name
(`from tallystick.core.journal import Journal`), since importing one must not load the others.
"""

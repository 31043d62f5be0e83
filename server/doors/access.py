"""For whom an address is."""

from enum import Enum


class Access(Enum):
    """For whom, and by which credentials."""

    PUBLIC = "everybody"
    USER = "those who have shown who they are"
    TICKET = "those, and who has a ticket from one of them"
    SOCKET = "as TICKET; who is refused is told so in the socket"
    ADMIN = "as USER, if they may act for all users"
    METERS = "as ADMIN; and machines that are known by where they are"
    SIGNED = "as USER; and everybody, if the address is signed"

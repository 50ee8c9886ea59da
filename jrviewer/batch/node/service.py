"""`jrviewer node`: listens where it is told to, and works until it is told to end."""

import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from jrviewer.batch.node.commitment import Commitments
from jrviewer.batch.node.config import ConfigError, NodeConfig
from jrviewer.batch.node.queue import Queue
from jrviewer.batch.node.send import Sender
from jrviewer.batch.node.server import Server
from jrviewer.batch.node.work import Node
from jrviewer.model.load import load_model

LOOK_EVERY_S = 0.25
TURN_S = 0.0005  # of Python's 0.005: an object is some 30 PDUs, each of which waits for its turn

Say = Callable[[str], None]


def serve(config: NodeConfig, is_over: threading.Event, say: Say) -> None:
    """Receive, derive and send until the event is set. Raises JRViewerError."""
    listen = config.listen
    if listen is None:
        raise ConfigError("The configuration has no [listen]: use `node fetch`, or add it.")
    queue = Queue(config.folder, listen.queue_gb * 1e9)
    with ExitStack() as stack:
        stack.enter_context(queue.worked_by_one())
        server = stack.enter_context(Server(config, listen, queue, say))
        # First the port, so that a sender waits for no model.
        node = make_node(config, queue, server.commitments, say, is_over)
        say(f"Listening as {config.title} on port {server.port}.")
        while not is_over.is_set():
            node.step(listen.quiet_seconds)
            is_over.wait(LOOK_EVERY_S)
    say("Ended. What waits in the queue is done after the next start.")


def make_node(
    config: NodeConfig, queue: Queue, commitments: Commitments, say: Say, is_over: threading.Event
) -> Node:
    """A node with its model and its destination. Threads of this process take turns more often, so
    that objects are sent as fast as they are derived.
    """
    sys.setswitchinterval(TURN_S)
    model = load_model(config.device)
    peer = config.destination
    sender = Sender(config, peer, commitments) if peer else None
    return Node(config, queue, model, sender, say, is_over.is_set)

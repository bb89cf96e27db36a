"""A client that captures all the time, while a test does something to the network."""

import itertools
import threading
import time

from harness import event_document, event_ids, new_event, wait_for


class Captures:
    """In the background, at one of `nodes` after the other; remembers what was accepted and when. `nodes` may be replaced."""

    def __init__(self, nodes):
        self.accepted = []  # ids of events
        self.refused = []  # by nodes that answered
        self.unanswered = []  # names of nodes
        self.longest_gap_s = 0.0
        self.nodes = nodes
        self._accepted_at = {}
        self._last = time.monotonic()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _run(self):
        for turn in itertools.count():
            if self._ends.is_set():
                return
            nodes = self.nodes
            node = nodes[turn % len(nodes)]
            document = event_document(new_event(), new_event(bizStep="receiving"))
            answer = node.capture(document)
            if answer is None:
                self.unanswered.append(node.name)
            elif answer.status == 202:
                now = time.monotonic()
                self.accepted += event_ids(document)
                self._accepted_at[node.name] = self._accepted_at.get(node.name, 0) + 1
                self.longest_gap_s = max(self.longest_gap_s, now - self._last)
                self._last = now
            else:
                self.refused.append((node.name, str(answer)))

    def wait_for_more(self, count, nodes):
        """Until `count` more documents were accepted by each of these nodes."""
        wanted = {node.name: self._accepted_at.get(node.name, 0) + count for node in nodes}
        wait_for(f"{count} more captures at {', '.join(wanted)}",
                 lambda: all(self._accepted_at.get(name, 0) >= enough for name, enough in wanted.items()))

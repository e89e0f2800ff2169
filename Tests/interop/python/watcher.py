"""A subscriber: one StreamInvalidations call and the thread that reads it to its end."""

import threading

import grpc

import contract
from expectations import PATIENCE_SECONDS, duration


class Watcher:
    """Collects what a stream says; tests wait on what it has collected."""

    def __init__(
        self,
        cache,
        *patterns,
        resume_token=b"",
        heartbeat_seconds=None,
        skip_origin_id="",
        timeout=None,
    ):
        request = contract.events.StreamInvalidationsRequest(
            patterns=patterns, resume_token=resume_token, skip_origin_id=skip_origin_id
        )
        if heartbeat_seconds is not None:
            request.heartbeat_interval.CopyFrom(duration(heartbeat_seconds))
        self.messages = []
        self.events = []
        self.error = None
        self.ended = False
        self._changed = threading.Condition()
        self._call = cache.StreamInvalidations(request, timeout=timeout)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, condition, what, seconds=PATIENCE_SECONDS):
        """Waits until the condition holds of this watcher; its value comes back."""
        with self._changed:
            held = self._changed.wait_for(lambda: condition(self), seconds)
            assert held, f"never came: {what}; got {self.summary()}, error {self.error!r}"
            return held

    def wait_for_content(self, kind):
        """The first message with this content."""

        def first(watcher):
            return next((m for m in watcher.messages if m.WhichOneof("content") == kind), None)

        return self.wait(first, kind)

    def subscribed(self):
        """Waits until the stream is live; whether it resumed is in what comes back."""
        return self.wait_for_content("subscribed").subscribed

    def wait_for_events(self, count, what="events"):
        """The events, once there are this many."""
        self.wait(lambda watcher: len(watcher.events) >= count, f"{count} {what}")
        return list(self.events)

    def wait_for_end(self):
        """The status the stream ended with."""
        self.wait(lambda watcher: watcher.ended, "the end of the stream")
        return self.error.code() if self.error else grpc.StatusCode.OK

    @property
    def last_token(self):
        """The position after everything collected so far."""
        with self._changed:
            return self.messages[-1].resume_token

    def contents(self):
        """The content of each message, by name."""
        with self._changed:
            return [message.WhichOneof("content") for message in self.messages]

    def summary(self):
        contents = [message.WhichOneof("content") for message in self.messages]
        return f"{len(self.events)} events in {len(contents)} messages, the last {contents[-5:]}"

    def cancel(self):
        """Ends the stream from this side and waits for its reader."""
        self._call.cancel()
        self._reader.join(PATIENCE_SECONDS)
        assert not self._reader.is_alive()

    def _read(self):
        try:
            for message in self._call:
                with self._changed:
                    self.messages.append(message)
                    self.events += message.events.events
                    self._changed.notify_all()
        except grpc.RpcError as error:
            self.error = error
        with self._changed:
            self.ended = True
            self._changed.notify_all()

// The subscribers of one event loop that came before the history did; touched on that loop only.

import NIOCore

/// Streams that wait for the log to know where every partition of the shared history stands: only
/// then can they be told that they are live. Each waits for a bounded time.
final class WaitingStreams {
    private var streams: [ObjectIdentifier: WatchStream] = [:]
    private var deadlines: [ObjectIdentifier: Scheduled<Void>] = [:]

    /// Adds a stream, which is told either way.
    func add(_ stream: WatchStream, on eventLoop: any EventLoop) {
        let id = ObjectIdentifier(stream)
        streams[id] = stream
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        deadlines[id] = eventLoop.scheduleTask(
            in: TimeAmount(ServiceLimits.historyWait)
        ) {
            bound.value.remove(id)?.historyIsMissing()
        }
    }

    /// The stream has ended.
    func remove(_ stream: WatchStream) { _ = remove(ObjectIdentifier(stream)) }

    /// The history is there.
    func release() {
        for id in Array(streams.keys) { remove(id)?.begin() }
    }

    private func remove(_ id: ObjectIdentifier) -> WatchStream? {
        deadlines.removeValue(forKey: id)?.cancel()
        return streams.removeValue(forKey: id)
    }
}

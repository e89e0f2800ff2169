// Where a watcher's messages go: the border between the hub and a stream.

/// The stream behind a watcher, on the hub's event loop.
///
/// Called while the hub is at work: it may call back `unsubscribe`, `becameWritable` and `drain`
/// at any time, but never `subscribe`.
package protocol WatcherSink: AnyObject {
    /// A message as the stream writes it.
    associatedtype Payload

    /// Queues a message. It always takes it; false says that more than its mark now waits, and
    /// promises a `becameWritable` once less does.
    func send(_ payload: Payload) -> Bool
}

// What nghttp2's callbacks write down for the client connection to act on; event loop only.

/// What the callbacks write down. Behind a pointer; event loop only.
struct ClientRecorder: ~Copyable {
    enum Event {
        case headersReceived(Unmanaged<ClientCall>)
        case dataReceived(Unmanaged<ClientCall>)
        case drained(Unmanaged<ClientCall>)
        case closed(Unmanaged<ClientCall>, code: UInt32)
        /// The server has sent its END_STREAM.
        case ended(Unmanaged<ClientCall>)
        case settingsReceived
        case goAwayReceived
    }

    let messageBytes: Int
    var events: [Event] = []
    var unconsumedBytes = 0
}

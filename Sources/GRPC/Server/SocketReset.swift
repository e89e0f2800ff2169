// The socket option by which a close throws away what is unsent; on the channel's event loop.

import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes the close of a channel a reset: otherwise the kernel would keep what is unsent, and try
/// for minutes to deliver it to a peer that takes nothing.
enum SocketReset {
    /// To be called just before the close; a channel without a socket closes as ever.
    static func prepare(_ channel: (any Channel)?) {
        guard let socket = channel as? any SocketOptionProvider else { return }
        // Where it fails, the socket is closed already.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}

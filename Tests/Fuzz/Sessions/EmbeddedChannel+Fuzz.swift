// How a target hands bytes to a connection and takes what it answers; one thread.

import NIOCore
import NIOEmbedded

extension EmbeddedChannel {
    /// Delivers bytes of the peer. A handler's error would be one of ours: `errorCaught` ends
    /// every connection alike.
    func deliver(_ bytes: [UInt8]) {
        do {
            try writeInbound(ByteBuffer(bytes: bytes))
        } catch ChannelError.ioOnClosedChannel {
            return
        } catch {
            promise(false, "the connection's handler threw \(error)")
        }
    }

    /// Lets the loop do what it has to, and drops what the connection sends.
    func settle() {
        embeddedEventLoop.run()
        do {
            while try readOutbound(as: ByteBuffer.self) != nil {}
        } catch {
            promise(false, "something else than bytes is sent: \(error)")
        }
    }
}

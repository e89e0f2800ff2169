// The server's stable reason inside a status; pure functions.

import GRPC
import Messages

enum ErrorReason {
    /// `ErrorInfo.reason` of the details; nil when there is none that can be read.
    static func read(_ status: GRPCStatus) -> String? {
        let arena = MessageArena()
        do throws(MessageError) {
            for detail in try RPCStatus.decode(status.details, in: arena).details {
                if let info = try detail.unpacked(as: ErrorInfo.self, in: arena) {
                    return info.reason.string
                }
            }
        } catch {
            return nil  // the code and the message say enough without it
        }
        return nil
    }
}

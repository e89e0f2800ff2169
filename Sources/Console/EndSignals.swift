// SIGINT and SIGTERM as the regular end of a program that would go on; any thread.

package import Dispatch
import Foundation

/// The signals by which people end a program.
package enum EndSignals {
    /// From now on either signal runs `body`, on a thread of its own, instead of ending the
    /// program. Keep what this returns.
    package static func handle(
        _ body: @escaping @Sendable () -> Void
    ) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: body)
            source.resume()
            return source
        }
    }
}

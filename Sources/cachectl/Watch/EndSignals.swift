// SIGINT and SIGTERM as the regular end of a command that would go on for ever; any thread.

import Dispatch
import Foundation

enum EndSignals {
    /// From now on either signal ends the program with exit code 0. Everything is written as it
    /// comes, so that nothing is left to do. Keep what this returns.
    static func exitWithSuccess() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { _exit(ProgramExit.ok.rawValue) }
            source.resume()
            return source
        }
    }
}

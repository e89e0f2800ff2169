// Measures the engine alone, without a network; the first argument says what. One line per
// figure goes out: its name, a space, and the numbers of its rounds.

@main
enum EngineBench {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--quick" }
        let isQuick = arguments.count < CommandLine.arguments.count - 1
        let part = arguments.dropFirst().first
        switch arguments.first {
        case "speed": SpeedBench(isQuick: isQuick).run(part)
        case "pauses": PausesBench(isQuick: isQuick).run()
        case "memory":
            if !MemoryBench(isQuick: isQuick).run(part) {
                print("usage: engine-bench memory plain|expiring|budget [--quick]")
            }
        case "replay":
            guard let replay = ReplayBench(Array(arguments.dropFirst())) else {
                return print("usage: engine-bench replay FILE ENTRIES [POLICY [THREADS [SEED]]]")
            }
            replay.run()
        default:
            print(
                "usage: engine-bench speed [resident|coalescer|hit] [--quick], pauses [--quick], "
                    + "memory plain|expiring|budget [--quick], or replay FILE ENTRIES …")
        }
    }

    /// Prints one figure.
    static func tell(_ name: String, _ rounds: [Double]) {
        let numbers = rounds.map { String(($0 * 1_000).rounded() / 1_000) }
        print(name, numbers.joined(separator: " "))
    }
}

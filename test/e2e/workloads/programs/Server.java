import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/** Answers lines on TCP port 8001: each with itself, `ticks` once every thread and timer has ticked since. */
public class Server {
  private static final int THREADS = 100;
  private static final int TIMERS = 100;
  private static final AtomicLongArray counts = new AtomicLongArray(THREADS + TIMERS);

  public static void main(String[] args) throws Exception {
    for (int i = 0; i < THREADS; i++) {
      final int own = i;
      new Thread(() -> {
        while (true) {
          pause(40);
          counts.incrementAndGet(own);
        }
      }).start();
    }
    var timers = Executors.newScheduledThreadPool(4);
    for (int i = 0; i < TIMERS; i++) {
      final int own = THREADS + i;
      timers.scheduleAtFixedRate(() -> counts.incrementAndGet(own), 0, 60, TimeUnit.MILLISECONDS);
    }
    try (var listener = new ServerSocket(8001)) {
      while (true) {
        var socket = listener.accept();
        new Thread(() -> serve(socket)).start();
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      var lines = new BufferedReader(new InputStreamReader(socket.getInputStream()));
      for (String line; (line = lines.readLine()) != null;) {
        var answer = line.equals("ticks") ? "ticks " + ticks() : line;
        socket.getOutputStream().write((answer + "\n").getBytes());
      }
    } catch (IOException gone) {
      // The client has gone.
    }
  }

  private static int ticks() {
    var before = new long[counts.length()];
    for (int i = 0; i < before.length; i++) before[i] = counts.get(i);
    for (int i = 0; i < before.length; i++) while (counts.get(i) == before[i]) pause(10);
    return before.length;
  }

  private static void pause(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException ended) {
      throw new IllegalStateException(ended);
    }
  }
}

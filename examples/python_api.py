"""From a torch module to Verilog: train, quantize, score, search, emit."""

from pathlib import Path

import torch
from torch import nn

from hawx_hw.api import Project

torch.manual_seed(0)
torch.set_num_threads(1)
layers = (nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 5, stride=2), nn.ReLU())
network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, 10))
project = Project(network, "digits", accelerator={"rows": 4, "columns": 4}, search={"budget": 12})
pixels = torch.tensor(project.images.learn.images) / 255
labels = torch.tensor(project.images.learn.labels)
optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
for _ in range(40):
    optimizer.zero_grad()
    nn.functional.cross_entropy(network(pixels), labels).backward()
    optimizer.step()

graph = project.quantize()
result = project.search(graph, project.score(graph))
for each in result.front:
    print(f"{each.metrics['energy_nj']:6.1f} nJ, drop {each.estimated_drop:5.2f}", *each.blocks)
built = project.emit(graph, project.pick(result), Path("build/python_api"))
print(f"{built.program.title}: {built.cycles:,} cycles an image, accuracy {built.accuracy:.2%}")

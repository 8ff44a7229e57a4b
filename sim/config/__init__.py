"""Every parameter of the model once: type, range, default, unit, meaning and source.

These declarations serve the checks of a configuration, the settings that kernels read, the command
line's ``describe``, the tables of the documentation and the controls of the teaching page. Symbols
are those of docs/rules.md.
"""

from sim.config.complete import Config as Config
from sim.config.complete import Run as Run
from sim.config.declaration import ASSUMED_SOURCE as ASSUMED_SOURCE
from sim.config.declaration import LARGEST_SEED as LARGEST_SEED
from sim.config.declaration import Group as Group
from sim.config.declaration import declare_parameter as declare_parameter
from sim.config.declaration import list_choices as list_choices
from sim.config.declaration import number_names as number_names
from sim.config.mechanisms import IMITATION_RULES as IMITATION_RULES
from sim.config.mechanisms import POOLING_RULES as POOLING_RULES
from sim.config.mechanisms import Decay as Decay
from sim.config.mechanisms import ImitationRule as ImitationRule
from sim.config.mechanisms import Pooling as Pooling
from sim.config.population import BreadthClass as BreadthClass
from sim.config.population import Population as Population
from sim.config.population import PopulationSource as PopulationSource
from sim.config.structure import FORM_TOPOLOGIES as FORM_TOPOLOGIES
from sim.config.structure import LARGEST_SAMPLE as LARGEST_SAMPLE
from sim.config.structure import Channel as Channel
from sim.config.structure import Discovery as Discovery
from sim.config.structure import Entry as Entry
from sim.config.structure import Exposure as Exposure
from sim.config.structure import FormTopology as FormTopology
from sim.config.structure import Sharing as Sharing
from sim.config.structure import Structure as Structure
